import { inTurn } from '../harness/workload.mjs'

const names = Array.from({ length: 1_024 }, (_, number) => `resource-${number}`)

/** Acquires a lock that nobody holds and releases it: one pair an operation. */
export async function open({ system, ...settings }) {
  const { connect } = await import(`./locks/${system}.mjs`)
  const locks = await connect(settings)
  const name = inTurn(names)
  return {
    async operation() {
      const release = await locks.acquire(name())
      await release()
    },
    close: () => locks.close(),
  }
}
