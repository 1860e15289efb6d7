/** One job a call; at the end as many wait as were answered. */
export async function open({ system, ...settings }) {
  const { connect } = await import(`./queues/${system}.mjs`)
  const queue = await connect(settings)
  let answered = 0
  return {
    async operation() {
      await queue.enqueue({ n: answered })
      answered += 1
    },
    async close() {
      const waiting = await queue.waiting()
      await queue.close()
      if (waiting !== answered) throw new Error(`${answered} answered but ${waiting} wait`)
    },
  }
}
