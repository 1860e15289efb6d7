import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command } from 'commander'
import { expect, it } from 'vitest'
import { root } from '../testing/command-line.test.harness.js'
import { buildProgram } from './program.js'
import { Terminal } from './terminal.js'
import { variables } from './variables.js'

const read = (path: string): string => readFileSync(join(root, 'deploy', path), 'utf8')
const compose = read('compose.yaml').replace(/^ *#.*\n/gm, '')
const known = new Set<string>(variables.map(({ name }) => name))

/** The services by their names, each as its lines. */
const services = new Map(
  compose.split(/^services:\n/m)[1]!.split(/^\S/m)[0]!.split(/^ {2}(?=\w)/m).slice(1)
    .map((text) => [text.split(':')[0]!, text]))

const ours = [...services].filter(([, text]) => text.includes('<<: *holdfast'))

function commandOf(text: string): string[] {
  return JSON.parse(/^ {4}command: (\[.*\])$/m.exec(text)?.[1] ?? 'null')
}

it('the services are a database, Redis, a migration and three processes of Holdfast', () => {
  expect([...services.keys()]).toEqual(
    ['postgres', 'redis', 'migrate', 'server', 'worker', 'scheduler'])
  expect(ours.map(([name]) => name)).toEqual(['migrate', 'server', 'worker', 'scheduler'])
})

it.each(ours)('the command of %s is one of the program, with its flags', (_, text) => {
  const [name, ...flags] = commandOf(text)
  const command = buildProgram(new Terminal()).commands.find((each) => each.name() === name)
  expect(command).toBeDefined()
  const long = (command as Command).options.map((option) => option.long)
  expect(flags.filter((each) => !long.includes(each))).toEqual([])
})

it('every variable of Holdfast is one of the program, and what is asked for is listed', () => {
  const set = [...compose.matchAll(/^ +(HOLDFAST_[A-Z_]+): /gm)].map(([, each]) => each!)
  expect(set.length).toBeGreaterThan(8)
  expect(set.filter((each) => !known.has(each))).toEqual([])
  const asked = new Set([...compose.matchAll(/\$\{(\w+):\?\}/g)].map(([, each]) => each!))
  const listed = [...read('.env.example').matchAll(/^(\w+)=$/gm)].map(([, each]) => each!)
  expect([...asked].sort()).toEqual(listed.sort())
  expect(compose.match(/\$(?!\{\w+:\?\})/g)).toBeNull()
})

it('nothing of Holdfast begins before PostgreSQL is healthy and the schema is there', () => {
  for (const name of ['postgres', 'redis']) expect(services.get(name)).toContain('healthcheck:')
  expect(services.get('migrate'))
    .toContain('postgres:\n        condition: service_healthy')
  expect(compose).toContain([
    'x-when-ready: &when-ready',
    '  postgres:', '    condition: service_healthy', '  redis:', '    condition: service_healthy',
    '  migrate:', '    condition: service_completed_successfully', '',
  ].join('\n'))
  for (const name of ['server', 'worker', 'scheduler']) {
    expect(services.get(name)).toContain('depends_on: *when-ready')
  }
})

it('Docker waits until a process has ended by itself', () => {
  // What each gives its work: requests, handlers of jobs with their answers, a backup.
  for (const [name, seconds] of [['server', 60], ['worker', 37], ['scheduler', 10]] as const) {
    const grace = /^ {4}stop_grace_period: (\d+)s$/m.exec(services.get(name)!)?.[1]
    expect(Number(grace), name).toBeGreaterThan(seconds)
  }
})

it('the image has a folder for backups that the program may write to', () => {
  const last = read('Dockerfile').split(/^FROM /m).at(-1)!
  expect(last).toMatch(/^RUN install -d -o node -g node -m 700 \/backups$[^]*^USER node$/m)
  const guide = readFileSync(join(root, 'docs', 'guides', 'deployment.md'), 'utf8')
  expect(guide).toContain('HOLDFAST_BACKUP_DIRECTORY: /backups\n')
  expect(guide).toContain('volumes: ["backups:/backups"]\n')
})

it('the image runs the program as nobody in particular and asks /readyz how it is', () => {
  const last = read('Dockerfile').split(/^FROM /m).at(-1)!
  expect(last).toMatch(/^RUN npm ci --omit=dev/m)
  expect(last).toMatch(/^USER node$/m)
  expect(last).toMatch(/^HEALTHCHECK [^]*:\$\{process\.env\.HOLDFAST_PORT \?\? 7410\}\/readyz/m)
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(last).toContain(`ENTRYPOINT ["node", "${bin.holdfast.replace('./', '')}"]`)
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8')
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
    .flatMap(([, files = '']) => files.split(' '))
  for (const file of copied) expect(ignored).toContain(`\n!${file}\n`)
})
