// Builds static/dist from static/src: a style sheet and a script for all pages, those of the editor, one sprite of icons, the fonts.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import * as sass from "sass";

const root = path.dirname(fileURLToPath(import.meta.url));
const source = path.join(root, "static/src");
const target = path.join(root, "static/dist");
const icons = path.join(root, "node_modules/@tabler/icons/icons/outline");

const scss = {
  name: "scss",
  setup(build) {
    build.onLoad({ filter: /\.scss$/ }, ({ path: file }) => {
      const loadPaths = [path.join(root, "node_modules")];
      const { css } = sass.compile(file, { loadPaths, quietDeps: true, logger: sass.Logger.silent });
      return { contents: css, loader: "css" };
    });
  },
};

async function sprite() {
  const names = JSON.parse(await readFile(path.join(source, "icons.json"), "utf8"));
  const symbols = await Promise.all(
    names.map(async (name) => {
      const svg = await readFile(path.join(icons, `${name}.svg`), "utf8");
      const shapes = svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>")).replace(/\s*\n\s*/g, "");
      const drawn = shapes.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "");
      return `<symbol id="${name}" viewBox="0 0 24 24">${drawn}</symbol>`;
    }),
  );
  const sheet = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
  await writeFile(path.join(target, "icons.svg"), sheet);
}

async function clear() {
  await mkdir(target, { recursive: true });
  const files = await readdir(target);
  await Promise.all(files.map((file) => rm(path.join(target, file), { recursive: true })));
}

const options = {
  entryPoints: [
    ["js/app.js", "app"],
    ["css/app.css", "app"],
    ["js/editor/main.js", "editor"],
    ["css/editor.css", "editor"],
  ].map(([file, out]) => ({ in: path.join(source, file), out })),
  outdir: target,
  bundle: true,
  minify: true,
  legalComments: "external",
  format: "iife",
  target: ["chrome123", "firefox120", "safari17.5"],
  assetNames: "[name]",
  loader: { ".woff2": "file" },
  plugins: [scss],
  logLevel: "info",
};

await clear();
await sprite();
if (process.argv.includes("--watch")) {
  const context = await esbuild.context({ ...options, minify: false });
  await context.watch();
} else {
  await esbuild.build(options);
}
