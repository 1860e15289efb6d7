/**
 * Makes `dist/bundle` of the compiled `dist`: the entry points of the package and what they share,
 * in some forty files instead of a thousand, since Node spends longer on finding and linking
 * modules than on running them. What the entries share is one file that all import, so that a
 * class is the same whichever entry a program takes it from.
 *
 *     node scripts/bundle.mjs
 */
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './install.mjs'

const dist = join(root, 'dist')

/**
 * Packages that go into the bundle, with what they need themselves: hundreds of small modules. All
 * others stay packages of the user, whose updates reach him without one of ours.
 */
const bundled = ['@redis/client', 'kysely', 'prom-client', 'zod']

const { dependencies, optionalDependencies, peerDependencies } =
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const kept = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
  .filter((name) => !bundled.includes(name))

/** The entry points, as package.json exports them, by the files they are compiled to. */
const entries = {
  index: 'index',
  server: 'server/index',
  client: 'client/index',
  testing: 'testing/index',
  'ai-sdk': 'adapters/ai-sdk/index',
  chatkit: 'adapters/chatkit/index',
  langgraph: 'adapters/langgraph/index',
  cli: 'cli/main',
}

/** Makes the bundle anew, whole before it takes the place of the old one. */
export async function bundle() {
  const { rolldown } = await import('rolldown')
  const input = Object.fromEntries(
    Object.entries(entries).map(([name, path]) => [name, join(dist, `${path}.js`)]),
  )
  const build = await rolldown({
    cwd: root,
    input,
    platform: 'node',
    external: (id) => id.startsWith('node:') || kept.includes(packageOf(id)),
  })
  // One level below dist like the folders of the sources: `../../package.json` is found from both.
  const [made, place] = [join(dist, `.bundle-${process.pid}`), join(dist, 'bundle')]
  try {
    const { output } = await build.write({
      dir: made,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: 'part-[name].js',
      comments: { legal: true, annotation: false, jsdoc: false },
    })
    writeFileSync(join(made, 'licenses.txt'), licensesOf(output))
    rmSync(place, { recursive: true, force: true })
    renameSync(made, place)
  } finally {
    await build.close()
    rmSync(made, { recursive: true, force: true })
  }
}

/** The package of a module's name; nothing for a path. */
function packageOf(id) {
  return /^(?:@[^/.][^/]*\/)?[^@/.][^/]*/.exec(id)?.[0]
}

/** The licences of the packages whose code is in the bundle, as they ask to be kept with it. */
function licensesOf(output) {
  const paths = output.flatMap(({ modules = {} }) => Object.keys(modules))
  const folders = new Set(paths.flatMap((path) => folderOf(path) ?? []))
  const texts = [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const files = readdirSync(folder).filter((each) => /^(licen[cs]e|notice)/i.test(each))
    // Some packages forget theirs; it is kept here then, as their repository has it.
    const paths = files.length > 0
      ? files.map((file) => join(folder, file))
      : [join(root, 'scripts', 'licenses', `${name.replace('/', '+')}.txt`)]
    const text = paths.map((file) => readFileSync(file, 'utf8').trim()).join('\n\n')
    return `${name} ${version}\n\n${text}\n`
  })
  return `The files in this folder contain code of these packages.\n\n${texts.join('\n---\n\n')}`
}

/** The folder of the package that a module belongs to; nothing for one of ours. */
function folderOf(path) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(path.replace(/^\0/, ''))?.[0]
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundle()
}
