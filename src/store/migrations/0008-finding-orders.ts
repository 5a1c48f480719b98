import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Indexes in the orders that findings are listed in, whoever asks: an administrator sees hundreds of accounts at once,
 * and an index that the account leads is no order for them. A member that sees little is served by its resources.
 */
export const findingOrders: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  'drop index finding_list',
  'drop index finding_score',
  'drop index finding_last_observed',
  'drop index finding_vulnerability',
  'drop index finding_resource',
  // The same columns, led by what is looked up and sorted by; the account stays in them for partitions.
  'alter table finding drop constraint finding_pkey',
  'alter table finding add primary key (finding_id, account_id)',
  'alter table finding drop constraint finding_account_id_resource_id_vulnerability_id_key',
  'alter table finding add constraint finding_subject unique (resource_id, vulnerability_id, account_id)',
  'create index finding_severity on finding (severity, finding_id)',
  'create index finding_score on finding (coalesce(score, -1), finding_id)',
  'create index finding_epss on finding (coalesce(epss, -1), finding_id)',
  'create index finding_first_observed on finding (first_observed_at, finding_id)',
  'create index finding_last_observed on finding (last_observed_at, finding_id)',
  'create index finding_vulnerability on finding (vulnerability_id, severity, finding_id)',
  'create index finding_exploited on finding (coalesce(epss, -1), finding_id) where exploit_available',
  // Most findings are active: only the others need to be found.
  'create index finding_inactive on finding (status, finding_id) where status <> 0',
  'create index finding_other_type on finding (type, finding_id) where type <> 0',
  // Orders by what the resource says. The statistics of the expressions come with them.
  'create index resource_type on resource (type, resource_id)',
  `create index resource_pushed on resource
    ((case when type = 'AWS_ECR_CONTAINER_IMAGE' then first_seen_at else 0 end), resource_id)`,
  `create index resource_repository on resource ((coalesce(details ->> 'repositoryName', '')), resource_id)`,
  `create index resource_registry on resource
    ((case when type = 'AWS_ECR_CONTAINER_IMAGE' then account_id else '' end), resource_id)`,
  'create index resource_account on resource (account_id, resource_id)',
  `create index inventory_package_name on inventory_package ((package ->> 'name'))`,
];
