// SPDX-License-Identifier: GPL-3.0-or-later
// Built into dist/: index.html, built/ with names that change with their content, and the licences of what is in it.
// `npm run dev` speaks to a server on its usual port.
import { defineConfig } from "vite";

const server = "127.0.0.1:8765";

export default defineConfig({
  base: "./",
  build: {
    assetsDir: "built",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    license: { fileName: "licences.md" },
    modulePreload: false,
  },
  server: { proxy: { "/live": { target: `ws://${server}`, ws: true }, "/config.json": `http://${server}` } },
});
