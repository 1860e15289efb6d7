import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { root } from '../testing/command-line.test.harness.js'
import { buildProgram } from './program.js'
import { Terminal } from './terminal.js'
import { type Variable, variables } from './variables.js'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const declared = (variables as readonly Variable[])
  .map(({ name, default: value, meaning }) => ({ name, value, meaning }))

describe('.env.example', () => {
  it('lists every variable with its default and meaning, and no other', () => {
    const pattern = /^# (.+)\n#([A-Z_]+)=(.*)$/gm
    const listed = [...read('.env.example').matchAll(pattern)]
      .map(([, meaning, name, value]) => ({ name, value, meaning }))
    expect(listed).toEqual(declared)
  })

  it('changes nothing as long as it is not edited', () => {
    const active = read('.env.example').split('\n').filter((line) => /^[^#\s]/.test(line))
    expect(active).toEqual([])
  })
})

describe('the package', () => {
  it('has the guides, the reference and the settings that its README and messages name', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] }
    const named = [...read('README.md').matchAll(/\]\((docs\/[^)#]*)\)/g)].map(([, path]) => path!)
    expect(named.length).toBeGreaterThan(20)
    const isIn = (path: string) => files.some((each) => `${path}/`.startsWith(`${each}/`))
    const needed = [...named, 'docs/reference/configuration.md', '.env.example']
    expect(needed.filter((path) => !isIn(path))).toEqual([])
  })
})

describe('docs/reference/configuration.md', () => {
  it('lists every variable with its default and meaning, and no other', () => {
    const pattern = /^\| `([A-Z_]+)` \|(?: `([^`]*)`)? +\| (.+) \|$/gm
    const listed = [...read('docs/reference/configuration.md').matchAll(pattern)]
      .map(([, name, value = '', meaning]) => ({ name, value, meaning }))
    expect(listed).toEqual(declared)
  })
})

describe('docs/reference/cli.md', () => {
  const known = commands()
  const everywhere = ['--database <url>', '--log-level <level>', '--json']
  const sections = new Map(
    read('docs/reference/cli.md').split(/^## `holdfast /m).slice(1).map((section) => {
      const [title, ...body] = section.split('`\n')
      return [title!, flagsIn(body.join('`\n'))]
    }),
  )

  it('has a section for every command, and no other', () => {
    expect([...sections.keys()].sort()).toEqual([...known.keys()].sort())
  })

  it.each([...known.keys()])('lists the flags of %s, and no other', (name) => {
    const flags = known.get(name)!.filter((each) => !everywhere.includes(each))
    expect(sections.get(name)?.sort()).toEqual(flags.sort())
  })

  it('lists every code of the command line itself, and no other', () => {
    const opening = read('docs/reference/cli.md').split(/^## /m)[0]!
    const listed = [...opening.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code!)
    expect(listed.sort()).toEqual([...codesInSource()].sort())
  })

  it('lists the flags that every command on a database has', () => {
    const opening = read('docs/reference/cli.md').split(/^## /m)[0]!
    expect(flagsIn(opening)).toEqual(everywhere)
  })
})

/** Every command that runs, with its flags. */
function commands(): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const visit = (command: Command, path: string[]): void => {
    for (const each of command.commands) visit(each, [...path, each.name()])
    if (command.commands.length > 0) return
    found.set(path.join(' '), command.options.map(({ flags }) => flags))
  }
  visit(buildProgram(new Terminal()), [])
  return found
}

/** The codes that failures of the command line are made with; `told` is never printed. */
function codesInSource(): Set<string> {
  const files = readdirSync(join(root, 'src/cli'))
    .filter((name) => name.endsWith('.ts') && !name.includes('.test.'))
  const pattern = /(?:\bcode: |fail\()'([a-z_]+)'/g
  const found = files.flatMap((name) =>
    [...read(`src/cli/${name}`).matchAll(pattern)].map(([, code]) => code!))
  const shared = ['told', 'database_unavailable', 'internal_error']
  return new Set(found.filter((code) => !shared.includes(code)))
}

function flagsIn(section: string): string[] {
  return [...section.matchAll(/^\| `(--[^`]+)` \|/gm)].map(([, flags]) => flags!)
}
