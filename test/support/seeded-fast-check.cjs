/**
 * fast-check with one seed for every run, so that the same code gives the same result; `FC_SEED=<number>` looks elsewhere.
 * Jest puts it in the place of fast-check.
 */
const fc = require('../../node_modules/fast-check/lib/cjs/fast-check.js');

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20261121) });

module.exports = fc;
