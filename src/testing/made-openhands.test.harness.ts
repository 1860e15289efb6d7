import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Holdfast } from '../holdfast.js'
import { type ContractWorld } from './contract.js'

type OpenHands = ReturnType<Holdfast['imports']>['openHands']
type Report = Awaited<ReturnType<OpenHands>>

/** Files of a home by their paths: texts as they are, all else as JSON. */
export type HomeFiles = Readonly<Record<string, unknown>>

const made: string[] = []

/** Removes all homes that were made. */
export function removeHomes(): void {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true })
}

/** Has a path removed with the homes. */
export function removeWithHomes(path: string): void {
  made.push(path)
}

/** A new folder with these files. */
export function home(files: HomeFiles): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-openhands-'))
  made.push(path)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    writeFileSync(join(path, name), text)
  }
  return path
}

/** A conversation as OpenHands calls it, and as it is called here. */
export const sid = '239c6c5f302d4eaea9c394050f7e8dc7'
export const id = '239c6c5f-302d-4eae-a9c3-94050f7e8dc7'

/** Where Alice has what belongs to it. */
export const own = `users/alice/conversations/${sid}`

export const uuid = (last: number): string =>
  `00000000-0000-4000-8000-${String(last).padStart(12, '0')}`

/** An event of V0. */
export const event = (number: number, more: object = {}): object => ({
  id: number, timestamp: `2025-11-03T09:12:1${number}.086621`, source: 'user', action: 'message',
  args: { content: `say ${number}` }, ...more,
})

/** An event of V1. */
export const agentEvent = (last: number): object => ({
  id: uuid(last), timestamp: `2026-01-01T00:00:0${last}`, source: 'user', kind: 'MessageEvent',
})

/** A V0 store with one conversation of Alice. */
export const store = (more: HomeFiles = {}): HomeFiles => ({
  [`sessions/${sid}/metadata.json`]: {
    conversation_id: sid, user_id: 'alice', title: 't', created_at: '2025-11-03T09:12:00Z',
  },
  [`${own}/events/0.json`]: event(0), ...more,
})

/** Imports a home, by default with its settings for the organization. */
export const imported = (
  { holdfast, organizationId }: ContractWorld, path: string,
  options: Partial<Parameters<OpenHands>[1]> = {},
): Promise<Report> =>
  holdfast.imports(organizationId).openHands(path, { settingsOf: 'organization', ...options })

/** What a report calls damaged, a line each. */
export const told = ({ damaged }: Report): string =>
  damaged.map(({ place, reason, kept = '' }) => `${place}: ${reason} ${kept}`).join('\n')
