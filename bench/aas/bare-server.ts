import express from 'express';
import { openDatabase } from '../../runtime/database.ts';

/**
 * What the environment is compared with: express and one prepared statement for each of the two operations, in SQLite
 * as durable as the environment's (WAL, a sync at each commit), one commit a PATCH. It checks nothing and answers
 * nothing else. Arguments: database file. It prints its port.
 */
const database = openDatabase(process.argv[2] ?? 'bare.db', [
  'CREATE TABLE elements (submodel TEXT, path TEXT, value TEXT, PRIMARY KEY (submodel, path)) WITHOUT ROWID',
]);
const read = database.prepare<unknown[]>('SELECT value FROM elements WHERE submodel = ? AND path = ?');
const write = database.prepare<unknown[]>('UPDATE elements SET value = ? WHERE submodel = ? AND path = ?');

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app
  .route('/submodels/:submodel/submodel-elements/:path/$value')
  .get((request, response) => {
    // The statement selects this column.
    const row = read.get(request.params.submodel, request.params.path) as { value: string };
    response.json(Number(row.value));
  })
  .patch(express.json({ strict: false }), (request, response) => {
    write.run(String(request.body), request.params.submodel, request.params.path);
    response.status(204).end();
  });

const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`port ${address.port}\n`);
});
