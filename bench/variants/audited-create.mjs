/** Begins conversations, spread over organizations; `system` says what is recorded of it. */
export async function open({ system, dist, database, organizations, ...settings }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database, auditKey: Buffer.alloc(32, 7).toString('base64') })
  const { create } = await import(`./audit/${system}.mjs`)
  const sealer = system === 'sealed' ? holdfast.sealer().start() : undefined
  const begin = await create({ holdfast, dist, ...settings })
  let turn = 0
  return {
    async operation() {
      await begin(organizations[turn++ % organizations.length])
    },
    async close() {
      await sealer?.close()
      await holdfast.close()
    },
  }
}
