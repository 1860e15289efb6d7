type Json = Record<string, unknown>

const escapes: Record<string, string> = {
  '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;',
}

const text = (value: unknown): string =>
  String(value ?? '').replace(/[&<>"']/g, (character) => escapes[character]!)

const code = (value: unknown): string => `<code>${text(value)}</code>`

/** What the document says in words, with names between backticks. */
const prose = (value: unknown): string => text(value).replace(/`([^`]+)`/g, '<code>$1</code>')

const idOfTag = (tag: string): string => `tag-${tag.replace(/\W+/g, '-')}`

/** The OpenAPI document as one page for people: no script, readable in any browser. */
export function docsPage(document: Json): string {
  const info = document.info as Json
  const { schemas } = document.components as { schemas: Record<string, Json> }
  const operations = Object.entries(document.paths as Record<string, Record<string, Json>>)
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ path, method, operation })))
  const tags = [...new Set(operations.map(({ operation }) => (operation.tags as string[])[0]!))]
  const groups = tags.map((tag) => ({
    tag, own: operations.filter(({ operation }) => (operation.tags as string[])[0] === tag),
  }))
  const sections = groups.map(({ tag, own }) =>
    `<h2 id="${idOfTag(tag)}">${text(tag)}</h2>${own.map(operationHtml).join('')}`)
  const shapes = Object.entries(schemas).map(([name, schema]) => schemaHtml(name, schema))
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Holdfast API</title>${style}</head><body>
<h1>Holdfast API ${text(info.version)}</h1><p>${prose(info.description)}</p>
<p>The same as a machine reads it: <a href="/openapi.json">/openapi.json</a>. Send
<code>Authorization: Bearer hf_…</code> with every call.</p>
<nav aria-label="Contents">${groups.map(contentsHtml).join('')}
<p><a href="#shapes">Shapes</a> · <a href="#errors">Errors</a></p></nav>
${sections.join('')}<h2 id="shapes">Shapes</h2>${shapes.join('')}
${errorsHtml(operations)}</body></html>`
}

interface Group {
  readonly tag: string
  readonly own: readonly Operation[]
}

/** A group of operations, to be opened; each leads to its section. */
function contentsHtml({ tag, own }: Group): string {
  const rows = own.map(({ path, method, operation }) =>
    `<li><a href="#${text(operation.operationId)}"><b class="${method}">${method.toUpperCase()}</b>
${code(path)}</a> ${prose(operation.summary)}</li>`)
  return `<details><summary><a href="#${idOfTag(tag)}">${text(tag)}</a>, ${own.length}</summary>
<ul>${rows.join('')}</ul></details>`
}

interface Operation {
  readonly path: string
  readonly method: string
  readonly operation: Json
}

function operationHtml({ path, method, operation }: Operation): string {
  const parameters = (operation.parameters as Json[]) ?? []
  const rows = parameters.map((each) =>
    `<tr><td>${code(each.name)}</td><td>${text(each.in)}${each.required ? ', required' : ''}</td>
<td>${typeHtml(each.schema as Json)}</td><td>${prose(each.description)}</td></tr>`)
  const body = operation.requestBody as Json | undefined
  const answers = Object.entries(operation.responses as Record<string, Json>)
  return `<section id="${text(operation.operationId)}">
<h3><b class="${method}">${method.toUpperCase()}</b> ${code(path)}</h3>
<p>${prose(operation.summary)}</p>
${rows.length > 0 ? `<table>${rows.join('')}</table>` : ''}
${body ? `<p>Body: ${contentHtml(body)}</p>` : ''}
<ul>${answers.map(answerHtml).join('')}</ul></section>`
}

function answerHtml([status, answer]: [string, Json]): string {
  if (Number(status) < 400) return `<li><b>${status}</b> ${contentHtml(answer)}</li>`
  const codes = String(answer.description).match(/\w+/g) ?? []
  const links = codes.map((each) => `<a href="#error-${each}">${code(each)}</a>`)
  return `<li>${status} ${links.join(', ')}</li>`
}

function contentHtml(holder: Json): string {
  const content = holder.content as Record<string, { schema: Json }> | undefined
  const schema = Object.values(content ?? {})[0]?.schema
  return schema === undefined ? 'no content' : typeHtml(schema)
}

function typeHtml(schema: Json): string {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1)
    return `<a href="#shape-${text(name)}">${text(name)}</a>`
  }
  const options = (schema.oneOf ?? schema.anyOf) as Json[] | undefined
  if (options !== undefined) return options.map(typeHtml).join(' or ')
  if (schema.type === 'array') return `list of ${typeHtml(schema.items as Json)}`
  if (Array.isArray(schema.enum)) return schema.enum.map(code).join(', ')
  return text(schema.format ?? schema.type ?? 'any JSON')
}

function schemaHtml(name: string, schema: Json): string {
  const required = new Set((schema.required as string[] | undefined) ?? [])
  const rows = Object.entries((schema.properties as Record<string, Json>) ?? {}).map(
    ([property, part]) =>
      `<tr><td>${code(property)}</td><td>${required.has(property) ? 'always' : 'optional'}</td>
<td>${typeHtml(part)}</td><td>${prose(part.description)}</td></tr>`)
  return `<section id="shape-${text(name)}"><h3>${text(name)}</h3>
<table>${rows.join('')}</table></section>`
}

function errorsHtml(operations: readonly Operation[]): string {
  const found = new Map<string, string>()
  for (const { operation } of operations) {
    for (const [status, answer] of Object.entries(operation.responses as Record<string, Json>)) {
      if (Number(status) < 400) continue
      for (const each of String(answer.description).match(/\w+/g) ?? []) found.set(each, status)
    }
  }
  const rows = [...found].sort().map(([each, status]) =>
    `<tr id="error-${text(each)}"><td>${code(each)}</td><td>${status}</td></tr>`)
  return `<h2 id="errors">Errors</h2><table>${rows.join('')}</table>`
}

const style = `<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
h3{margin-bottom:0}section{margin:1.5rem 0}
nav ul{padding-left:1.2rem}summary{padding:.15rem 0}
table{border-collapse:collapse;width:100%}
td{min-width:3rem;overflow-wrap:anywhere;border-top:1px solid #8884;padding:.25rem .5rem;
vertical-align:top}b.get{color:#0a7}b.post{color:#06c}b.put,b.patch{color:#a60}b.delete{color:#c33}
@media (prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8bf}}</style>`
