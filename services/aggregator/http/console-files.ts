import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Router } from 'express';
import { packageRoot } from '../../../runtime/package-root.ts';

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>FedShell</title>
<h1>The console is not built</h1>
<p>Run <code>npm run build</code> and load this page again. The API works without it: see <a href="/openapi.json">its
description</a>.</p></html>`;

/** The console's built files; every page of it is its one index.html. They hold no data and need no token. */
export function consoleFiles(folder = join(packageRoot(), 'dist', 'console')): Router {
  const router = express.Router();
  router.use(express.static(folder, { dotfiles: 'ignore', index: false }));
  router.get('/{*page}', (request, response, next) => {
    if (!request.accepts('html') || request.path.startsWith('/api/') || /\.[a-z0-9]+$/i.test(request.path)) {
      next();
      return;
    }
    const index = join(folder, 'index.html');
    response.set('Cache-Control', 'no-cache');
    // The package may lie below a folder whose name begins with a dot.
    if (existsSync(index)) response.sendFile(index, { dotfiles: 'allow' });
    else response.status(200).type('html').send(NOT_BUILT);
  });
  return router;
}
