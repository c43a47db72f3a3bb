// Writes the static pages: `node build.mjs [FOLDER]`, by default `static/`, which rides in the wheel.
import {build} from 'esbuild';
import {createHash} from 'node:crypto';
import {cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';

const HERE = dirname(fileURLToPath(import.meta.url)), ROOT = resolve(HERE, '../..');
const OUT = resolve(process.argv[2] ?? join(HERE, 'static')), NEW = `${OUT}.new`;
const RUNTIME = join(HERE, 'node_modules/@litertjs/core/wasm');
// Of each recipe the file that is small to fetch and as right as float32 in every browser; see README.md.
const MODELS = {
  speech_commands: 'five-words/model.float16.tflite',
  image_captioning: 'scenes/model.float16.tflite',
  text_summarization: 'reports/model.float16.tflite',
  text_classification: 'intents/model.dynamic.tflite',
  translation: 'lumo/model.float16.tflite',
  recommender: 'shop/model.float16.tflite',
};
const SAMPLES = [
  'speech_commands/sample/recording.flac', 'image_captioning/sample/scene.jpg', 'text_summarization/sample/report.txt',
];

rmSync(NEW, {recursive: true, force: true});
for (const folder of ['wasm', 'models', 'samples', 'icons']) mkdirSync(join(NEW, folder), {recursive: true});

// Page and worker know of which sources they are: a browser might have kept one of them from an earlier version.
const define = {BUILD: JSON.stringify(digest(join(HERE, 'source'), 'package-lock.json'))};
const common = {bundle: true, minify: true, target: 'es2022', logLevel: 'warning', absWorkingDir: HERE, define};
const pages = {...common, format: 'esm', entryPoints: {app: 'source/page/main.ts'}, outdir: NEW};
const scripts = {...common, format: 'iife', entryPoints: {worker: 'source/worker.ts', capture: 'source/sound/capture.ts'}, outdir: NEW};
await Promise.all([build(pages), build(scripts)]);

for (const file of ['index.html', 'styles.css', 'manifest.webmanifest']) cpSync(join(HERE, 'source/page', file), join(NEW, file));
for (const file of readdirSync(join(HERE, 'source/icons'))) cpSync(join(HERE, 'source/icons', file), join(NEW, 'icons', file));
for (const kind of ['litert_wasm_internal', 'litert_wasm_compat_internal']) {
  cpSync(join(RUNTIME, `${kind}.js`), join(NEW, 'wasm', `${kind}.js`));
  pack(join(RUNTIME, `${kind}.wasm`), join(NEW, 'wasm', `${kind}.wasm.gz`));
}
cpSync(join(HERE, 'LICENSE-LiteRT.txt'), join(NEW, 'wasm', 'LICENSE.txt'));
for (const sample of SAMPLES) cpSync(join(ROOT, 'recipes', sample), join(NEW, 'samples', sample.split('/').at(-1)));
const models = Object.entries(MODELS).map(([recipe, path]) => {
  const name = path.split('/')[0], file = `models/${name}.tflite.gz`;
  return {recipe, name, file, bytes: pack(join(ROOT, 'saved_models', recipe, path), join(NEW, file))};
});
writeFileSync(join(NEW, 'models.json'), JSON.stringify(models));

// The service worker knows what belongs to the shell, and a version that changes with any file.
const shell = ['./', ...all(NEW).filter((file) => !/^(wasm|models|samples)\//.test(file))];
await build({
  ...common, format: 'iife', entryPoints: {service: 'source/service.ts'}, outdir: NEW,
  define: {VERSION: JSON.stringify(digest(NEW)), SHELL: JSON.stringify(shell)},
});
rmSync(OUT, {recursive: true, force: true});
renameSync(NEW, OUT);
console.log(`${OUT}: ${all(OUT).length} files, ${(all(OUT).reduce((sum, file) => sum + statSync(join(OUT, file)).size, 0) / 1e6).toFixed(1)} MB`);

/** Compresses a file, and gives the size. */
function pack(from, to) {
  if (!existsSync(from)) throw new Error(`${from} is not there: run npm ci, in a whole checkout`);
  const packed = gzipSync(readFileSync(from), {level: 9});
  writeFileSync(to, packed);
  return packed.length;
}

function all(folder) {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name))).sort();
}

function digest(folder, ...more) {
  const sum = createHash('sha256'), files = [...all(folder).map((file) => join(folder, file)), ...more.map((file) => join(HERE, file))];
  for (const file of files) sum.update(relative(folder, file)).update(readFileSync(file));
  return sum.digest('hex').slice(0, 12);
}
