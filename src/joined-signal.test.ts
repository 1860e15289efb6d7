import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JoinedSignal } from './joined-signal.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

let collecting: NodeJS.Timeout
beforeEach(() => {
  collecting = setInterval(collect, 10)
})
afterEach(() => clearInterval(collecting))

/** Waits for a joined signal that nobody else holds. */
function heard(...given: ConstructorParameters<typeof JoinedSignal>): Promise<unknown> {
  return new Promise((done) => {
    const { signal } = new JoinedSignal(...given)
    const hear = ({ target }: Event) => done((target as AbortSignal).reason)
    signal.addEventListener('abort', hear, { once: true })
  })
}

describe('a joined signal', () => {
  it('is late though all is collected that can be', async () => {
    const stop = new AbortController()
    expect(await heard({ signals: [stop.signal], timeoutMs: 200 }))
      .toMatchObject({ name: 'TimeoutError' })
  })

  it('hears of the first of several, and of its reason', async () => {
    const [first, second] = [new AbortController(), new AbortController()]
    const inner = new JoinedSignal({ signals: [first.signal] })
    const hearing = heard({ signals: [undefined, inner.signal, second.signal], timeoutMs: 60_000 })
    setTimeout(() => first.abort('one'), 150)
    setTimeout(() => second.abort('two'), 160)
    expect(await hearing).toBe('one')
  })

  it('hears a time-out and a joined signal of the platform that nobody else holds', async () => {
    const [stop, other] = [new AbortController(), new AbortController()]
    expect(await heard({ signals: [AbortSignal.timeout(150), stop.signal] }))
      .toMatchObject({ name: 'TimeoutError' })
    const hearing = heard({ signals: [AbortSignal.any([stop.signal, other.signal])] })
    setTimeout(() => other.abort('other'), 150)
    expect(await hearing).toBe('other')
  })

  it('is aborted at once by what is aborted already, and waits for no time then', async () => {
    const joined = new JoinedSignal({ signals: [AbortSignal.abort('before')], timeoutMs: 20 })
    expect(joined.signal.reason).toBe('before')
    await new Promise((done) => setTimeout(done, 60))
    expect(joined.isLate).toBe(false)
  })

  it('hears nothing any more once it was ended', async () => {
    const stop = new AbortController()
    const joined = new JoinedSignal({ signals: [stop.signal], timeoutMs: 20 })
    joined.end()
    joined.end()
    stop.abort()
    await new Promise((done) => setTimeout(done, 60))
    expect([joined.signal.aborted, joined.isLate]).toEqual([false, false])
  })
})
