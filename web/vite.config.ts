import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';
import { bundleReport } from './build-steps/bundle_report';
import { stripCalendarFont } from './build-steps/strip_calendar_font';
import { precompress } from './build-steps/precompress';

const backend = process.env['BACKEND_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [vue(), stripCalendarFont(), bundleReport(), precompress()],
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    sourcemap: false,
    // The server's Content-Security-Policy allows no data: scripts or fonts, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Icons and other crumbs that several screens share are not worth a request each.
    rollupOptions: { output: { experimentalMinChunkSize: 8_000 } },
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ['/api', '/automation', '/media', '/feeds', '/docs'].map((path) => [path, { target: backend }]),
    ),
  },
});
