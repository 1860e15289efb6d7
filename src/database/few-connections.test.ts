import { expect, it } from 'vitest'
import { enginesNamed, onEveryEngine } from '../testing/backends.js'
import { run } from '../testing/failures.test.harness.js'
import { connect } from './connect.js'

onEveryEngine('a pool that may have more connections than the server gives', (world) => {
  it('shares those that there are, and refuses nobody', async () => {
    const administrator = world().backend
    const role = `few_${process.pid}`
    await run(administrator, `create role ${role} login password 'x' connection limit 2`)
    const url = new URL(world().url)
    Object.assign(url, { username: role, password: 'x' })
    const backend = await connect(url.toString(), { poolMax: 10 })
    try {
      const sums = Array.from({ length: 200 }, async (_, index) =>
        Number((await run(backend, `select pg_sleep(0.002), ${index} as sum`)).rows[0]!.sum))
      expect(await Promise.all(sums)).toEqual(Array.from({ length: 200 }, (_, index) => index))
      expect(backend.pool()).toMatchObject({ total: 2, waiting: 0 })
      const held = Array.from({ length: 2 }, () => run(backend, 'select pg_sleep(1)'))
      await expect(run(backend, 'select 1')).resolves.toBeDefined()
      await Promise.all(held)
    } finally {
      await backend.close()
      await run(administrator, `drop role ${role}`)
    }
  })

  it('says so where there is none at all', async () => {
    const administrator = world().backend
    const role = `none_${process.pid}`
    await run(administrator, `create role ${role} login password 'x' connection limit 0`)
    const url = new URL(world().url)
    Object.assign(url, { username: role, password: 'x' })
    const backend = await connect(url.toString())
    await expect(run(backend, 'select 1')).rejects.toThrow(/gives no more connections/)
    await backend.close()
    await run(administrator, `drop role ${role}`)
  })
}, enginesNamed('postgres'))
