// Writes .cache/bundle.json: which file of the bundle loads which, for the test that watches the size of the first view.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'vite';

export interface BundleFile {
  file: string;
  entry: boolean;
  imports: string[];
  // Source modules inside it.
  modules: string[];
}

export function bundleReport(): Plugin {
  let root = '';
  return {
    name: 'bundle-report',
    apply: 'build',
    configResolved(config) {
      root = config.root;
    },
    async writeBundle(_options, bundle) {
      const files: BundleFile[] = Object.values(bundle).flatMap((chunk) =>
        chunk.type === 'chunk'
          ? {
              file: chunk.fileName,
              entry: chunk.isEntry,
              imports: chunk.imports,
              modules: Object.keys(chunk.modules).map((id) => id.replace(`${root}/`, '')),
            }
          : [],
      );
      await mkdir(join(root, '.cache'), { recursive: true });
      await writeFile(join(root, '.cache', 'bundle.json'), JSON.stringify(files, null, 1));
    },
  };
}
