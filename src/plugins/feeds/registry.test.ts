import { feedContract } from '../../../testkit/feeds.ts';
import { feeds } from './registry.ts';

feedContract(feeds, import.meta.dirname);
