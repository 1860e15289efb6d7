import { expect, it } from 'vitest'
import { docsPage } from './docs-page.js'
import { openApiDocument } from './openapi.js'

const page = docsPage(openApiDocument())
const contents = /<nav[^]*<\/nav>/.exec(page)?.[0] ?? ''

it('the page for people begins with contents that lead to every operation', () => {
  const sections = [...page.matchAll(/<section id="([^"]+)">\n<h3><b/g)].map(([, id]) => id)
  expect(sections.length).toBeGreaterThan(150)
  const led = new Set([...contents.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id))
  expect(sections.filter((id) => !led.has(id))).toEqual([])
  expect([...led].filter((id) => !page.includes(`id="${id}"`))).toEqual([])
})

it('the page for people shows names as names, without the marks of the document', () => {
  expect(page).toContain('<code>Request-Id</code>')
  expect(page).not.toContain('`')
})
