/**
 * Writes what is generated from the routes: `openapi.json`, the document as the server gives it,
 * `src/client/schema.ts`, its types and endpoints for the client, and the table of
 * `docs/reference/access.md`. Reads `dist`:
 *
 *     npm run build && node scripts/openapi.mjs
 *
 * With `--stdin` it reads a document instead and prints the first two as JSON, writing nothing.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import openapiTypescript, { astToString } from 'openapi-typescript'
import { root, say } from './install.mjs'

const files = { document: 'openapi.json', schema: join('src', 'client', 'schema.ts') }
const access = join('docs', 'reference', 'access.md')
const header = '/* Generated from openapi.json by scripts/openapi.mjs; do not edit. */\n'

function write(path, text) {
  const before = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : ''
  writeFileSync(join(root, path), text)
  say(`${path} ${before === text ? 'is as it was' : 'written'}`)
}

/** The text of both files. */
async function generated(given) {
  const document = ordered(given)
  return {
    document: `${JSON.stringify(document, null, 2)}\n`,
    schema: [header, await typesOf(document), endpointsOf(document)].join('\n'),
  }
}

/** Schemas stand in the order their modules were loaded in, which says nothing; names do. */
function ordered(document) {
  const schemas = Object.entries(document.components.schemas)
  schemas.sort(([left], [right]) => (left < right ? -1 : 1))
  return {
    ...document,
    components: { ...document.components, schemas: Object.fromEntries(schemas) },
  }
}

async function typesOf(document) {
  const options = { rootTypes: true, rootTypesNoSchemaPrefix: true }
  return astToString(await openapiTypescript(structuredClone(document), options))
}

/** The page with these lines in place of those of its table. */
function accessPage(lines) {
  const before = readFileSync(join(root, access), 'utf8').split('\n')
  const first = before.findIndex((line) => line.startsWith('| `'))
  const rest = before.filter((line) => !line.startsWith('| `'))
  return rest.toSpliced(first, 0, ...lines).join('\n')
}

/** What the client must know of each operation at run time. */
function endpointsOf({ paths }) {
  const lines = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId, parameters, security, ...more }]) => {
      const takes = (header) => parameters.some(({ name }) => name === header)
      const facts = {
        method: `'${method.toUpperCase()}'`,
        path: `'${path}'`,
        isPublic: security?.length === 0,
        isInOrganization: takes('Holdfast-Organization'),
        isKeyed: takes('Idempotency-Key'),
        ...(more['x-repeatable'] === true && { isRepeatable: true }),
      }
      const text = Object.entries(facts).map(([name, fact]) => `        ${name}: ${fact},`)
      return [`    ${operationId}: {`, ...text, '    },'].join('\n')
    }),
  )
  return `/** Where each operation is, and what it asks for. */
export const endpoints = {
${lines.join('\n')}
} as const
`
}

if (process.argv.includes('--stdin')) {
  const parts = []
  // Read whole at once, a pipe that is not full yet would be an error.
  for await (const part of process.stdin) parts.push(part)
  const document = JSON.parse(Buffer.concat(parts).toString())
  process.stdout.write(JSON.stringify(await generated(document)))
} else {
  const server = join(root, 'dist', 'server', 'index.js')
  if (!existsSync(server)) {
    say('There is no dist yet; run npm run build first.')
    process.exit(1)
  }
  const { accessTable, openApiDocument } = await import(pathToFileURL(server).href)
  const texts = await generated(openApiDocument())
  for (const [name, path] of Object.entries(files)) write(path, texts[name])
  write(access, accessPage(accessTable()))
}
