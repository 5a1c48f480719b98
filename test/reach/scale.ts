/** How many times the usual number of random cases to run: `OPENINSPECTOR_REACH_SCALE=50 node --test test/reach/`. */
export const scale = Math.max(1, Number(process.env.OPENINSPECTOR_REACH_SCALE ?? 1) || 1);
