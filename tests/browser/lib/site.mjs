// Serves the web client: bundled once, with the assets of its package, on a port of its own.
import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const modules = join(here, "node_modules");
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".wasm": "application/wasm", ".woff2": "font/woff2", ".woff": "font/woff", ".json": "application/json" };

// Which file a path means; undefined for none.
function fileOf(path) {
  const folders = { "/assets/": "hydrogen-view-sdk/asset-build/assets", "/olm/": "@matrix-org/olm" };
  for (const [prefix, folder] of Object.entries(folders)) {
    if (path.startsWith(prefix)) {
      return join(modules, folder, normalize(path.slice(prefix.length - 1)));
    }
  }
  return { "/": join(here, "app/index.html"), "/index.html": join(here, "app/index.html"), "/sw.js": join(modules, "hydrogen-view-sdk/lib-build/sw.js") }[path];
}

export async function startSite() {
  const bundle = await build({ entryPoints: [join(here, "app/main.js")], bundle: true, format: "esm", target: "es2022", write: false, logLevel: "silent", external: ["fs", "path", "crypto"] });
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://site").pathname;
    try {
      const body = path === "/main.js" ? bundle.outputFiles[0].contents : await readFile(fileOf(path) ?? "");
      response.writeHead(200, { "Content-Type": types[extname(path)] ?? "text/html" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => new Promise((resolve) => server.close(resolve)) };
}
