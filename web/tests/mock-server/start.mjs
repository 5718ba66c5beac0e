// `npm run mock`: the built page against the mock server, for looking at it. Sign in with the password shown.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const { module } = await runnerImport(path('./server.ts'), { configFile: path('../../vite.config.ts') });
const server = new module.MockServer({ folder: path('../../dist'), fresh: process.argv.includes('--fresh'), port: 4173 });
console.log(`${await server.start()}  (ada@example.org, "correct horse battery")`);
