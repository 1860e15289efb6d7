import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { entryPoint } from './server-process.js'

/**
 * Runs a script with the built library and some words, and kills it up to 250 ms after it first
 * said something; the whole lines it said, each of them an acknowledgement. With `withinMs` at
 * Infinity it is left to end by itself.
 */
export async function killedWriter(
  script: string,
  words: readonly string[],
  withinMs = 250,
): Promise<string[]> {
  const child = spawn(process.execPath, [script, entryPoint('index'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  let [said, failure] = ['', '']
  child.stderr.on('data', (text) => (failure += String(text)))
  const begun = new Promise<void>((resolve) => child.stdout.on('data', (text) => {
    said += String(text)
    resolve()
  }))
  await Promise.race([begun, ended])
  if (withinMs !== Infinity) {
    await sleep(Math.random() * withinMs)
    child.kill('SIGKILL')
  }
  await ended
  expect(failure).toBe('')
  return said.split('\n').slice(0, -1)
}
