import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { whileClaimed } from './folder-claim.js'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-claim-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('lets one work at a time, and the next when it is done or has died', async () => {
  const claim = join(folder, 'a', 'claim')
  const worked: string[] = []
  const outer = await whileClaimed(claim, async () => {
    worked.push('outer')
    const inner = await whileClaimed(claim, async () => void worked.push('inner'))
    expect(inner).toBe(false)
  })
  expect([outer, worked, existsSync(claim)]).toEqual([true, ['outer'], false])
  mkdirSync(claim)
  const longAgo = new Date(Date.now() - 3_600_000)
  utimesSync(claim, longAgo, longAgo)
  expect(await whileClaimed(claim, async () => undefined)).toBe(true)
})

it('goes on though the folder goes away while it is renewed', async () => {
  const place = join(folder, 'b')
  const faults: unknown[] = []
  const hear = (error: unknown) => void faults.push(error)
  process.on('uncaughtException', hear)
  const isDone = await whileClaimed(join(place, 'claim'), async () => {
    rmSync(place, { recursive: true })
    await sleep(30)
  }, { renewMs: 1 })
  process.off('uncaughtException', hear)
  expect([isDone, faults]).toEqual([true, []])
})
