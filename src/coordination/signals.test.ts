import { expect, it, vi } from 'vitest'
import { InvalidInput } from '../errors.js'
import { coordinationContract } from '../testing/coordinators.js'
import { type Signal } from './coordination.js'

coordinationContract('signals', (open) => {
  it('reach every subscriber of the topic in both processes, in order', async () => {
    const { here, there, name } = await open()
    const heard: string[][] = [[], [], []]
    const note = (index: number) => ({ payload, missed }: Signal) =>
      heard[index]!.push(`${payload}${missed ? '!' : ''}`)
    await here.signals.subscribe(name, note(0))
    await here.signals.subscribe(name, note(1))
    await there.signals.subscribe(name, note(2))
    for (let number = 0; number < 100; number += 1) await here.signals.publish(name, `${number}`)
    const all = Array.from({ length: 100 }, (_, number) => `${number}`)
    await vi.waitFor(() => expect(heard).toEqual([all, all, all]))
  })

  it('carry any payload or none', async () => {
    const { here, there, name } = await open()
    const heard: Signal[] = []
    await there.signals.subscribe(name, (signal) => heard.push(signal))
    const payloads = ['', ' ', 'a b  c\nd', '{"é":"😀"}', '1 2', undefined, 'x'.repeat(65_536)]
    for (const payload of payloads) await here.signals.publish(name, payload)
    await vi.waitFor(() => expect(heard).toHaveLength(payloads.length))
    expect(heard).toEqual(payloads.map((payload) => (
      { topic: name, missed: false, ...(payload === undefined ? {} : { payload }) }
    )))
  })

  it('do not reach who listens to another topic, or has stopped', async () => {
    const { here, there, name } = await open()
    const heard: (string | undefined)[] = []
    const listen = ({ payload }: Signal) => heard.push(payload)
    await there.signals.subscribe(`${name}-other`, listen)
    const stopped = await there.signals.subscribe(name, listen)
    await here.signals.publish(name, 'first')
    await vi.waitFor(() => expect(heard).toEqual(['first']))
    await stopped.close()
    await stopped.close()
    await here.signals.publish(name, 'second')
    await here.signals.publish(`${name}-other`, 'third')
    await vi.waitFor(() => expect(heard).toEqual(['first', 'third']))
  })

  it('reach who subscribes again after the last one has stopped', async () => {
    const { here, there, name } = await open()
    for (let round = 0; round < 5; round += 1) {
      const heard: (string | undefined)[] = []
      const { close } = await there.signals.subscribe(name, ({ payload }) => heard.push(payload))
      await here.signals.publish(name, `${round}`)
      await vi.waitFor(() => expect(heard).toEqual([`${round}`]))
      if (round % 2 === 0) await close()
      else void close()
    }
  })

  it('reach all of 20 who subscribe at once as soon as they are told so', async () => {
    const { here, there, name } = await open()
    let heard = 0
    const subscribe = () => there.signals.subscribe(name, () => (heard += 1))
    await Promise.all(Array.from({ length: 20 }, subscribe))
    await here.signals.publish(name)
    await vi.waitFor(() => expect(heard).toBe(20))
  })

  it('are not lost among 20 who publish at once', async () => {
    const { here, there, name } = await open()
    const heard: Signal[] = []
    await there.signals.subscribe(name, (signal) => heard.push(signal))
    await Promise.all(Array.from({ length: 20 }, (_, number) =>
      (number % 2 === 0 ? here : there).signals.publish(name, `${number}`)))
    await vi.waitFor(() => expect(heard).toHaveLength(20))
    expect(heard.every(({ missed }) => !missed)).toBe(true)
    expect(new Set(heard.map(({ payload }) => payload)).size).toBe(20)
  })

  it('survive a listener that throws', async () => {
    const { here, there, name } = await open()
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    let heard = 0
    await there.signals.subscribe(name, () => {
      throw new Error('of the test')
    })
    await there.signals.subscribe(name, () => (heard += 1))
    await here.signals.publish(name)
    await here.signals.publish(name)
    await vi.waitFor(() => expect(heard).toBe(2))
    expect(warn).toHaveBeenCalledTimes(2)
    warn.mockRestore()
  })

  it.each([
    ['topic', '', 'x'], ['topic', 'x'.repeat(513), 'x'], ['payload', 'x', 'x'.repeat(65_537)],
  ])('refuse a %s out of bounds', async (field, topic, payload) => {
    const { here } = await open()
    const refused = expect.objectContaining({ code: 'invalid_input', field })
    await expect(here.signals.publish(topic, payload)).rejects.toThrow(InvalidInput)
    await expect(here.signals.publish(topic, payload)).rejects.toEqual(refused)
  })
})
