import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { openSqlite } from '../database/dialects/sqlite-connection.js'
import { pause, until } from './load.js'
import { onScene } from './scene.js'
import { SmallDisk } from './small-disk.js'

vi.setConfig({ testTimeout: 60_000 })

const acquireTimeoutMs = 500
/** What a machine under full load may add to a limit. */
const slackMs = 3_000

describe('a SQLite file that another process locks under load', () => {
  it('answers busy within the time-out, serves reads, and goes on when it is free', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
    const path = join(folder, 'test.db')
    const environment = { HOLDFAST_ACQUIRE_TIMEOUT_MS: String(acquireTimeoutMs) }
    const options = { database: `sqlite:${path}`, environment, allowed: ['503 busy'] }
    try {
      await onScene(options, async ({ server, arena, watch, load }) => {
        const other = await openSqlite(path)
        await until('the lock is ours', () => locked(() => other.exec('begin immediate')))
        await pause(4_000)
        const { token, wire, conversations: [conversation] } = arena
        const url = `${server.url}/v1/conversations/${conversation}`
        await wire.ask({ url: `${url}/messages`, token })
        const begin = { method: 'POST', url: `${server.url}/v1/conversations`, token } as const
        const refused = await Promise.all(Array.from({ length: 20 }, (_, index) =>
          wire.send({ ...begin, body: {}, key: `new.${index}` }),
        ))
        other.close()
        expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]))
        expect(load.counts.get('503 busy')).toBeGreaterThan(0)
        expect(watch.readiness).toEqual([200])
        // A call may wait for the batch in flight before it goes with its own.
        const limitMs = 2 * acquireTimeoutMs + slackMs
        expect(load.slowestMs).toBeLessThan(limitMs)
        expect(Math.max(...refused.map(({ tookMs }) => tookMs))).toBeLessThan(limitMs)
      })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

const missing = SmallDisk.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`

describe.skipIf(missing !== undefined)(`a SQLite file on a full disk${reason}`, () => {
  it('refuses writes, serves reads, and writes again when there is room', async () => {
    const disk = SmallDisk.create({ megabytes: 96, ballastMegabytes: 84 })
    const options = {
      database: `sqlite:${join(disk.folder, 'test.db')}`,
      allowed: ['507 storage_full'],
      fillingLength: 4_000,
    }
    try {
      await onScene(options, async ({ server, arena, watch, load }) => {
        const refused = () => load.counts.get('507 storage_full') ?? 0
        await until('the disk is full', () => refused() > 200, 40_000)
        const { token, wire, conversations: [conversation] } = arena
        const url = `${server.url}/v1/conversations/${conversation}`
        const page = await wire.ask<{ data: object[] }>({ url: `${url}/messages?limit=200`, token })
        expect(page.data.length).toBeGreaterThan(0)
        await wire.ask({ url, token })
        expect(watch.readiness).toEqual([200])
        disk.dropBallast()
      })
    } finally {
      disk.remove()
    }
  })
})

function locked(lock: () => void): boolean {
  try {
    lock()
    return true
  } catch {
    return false
  }
}
