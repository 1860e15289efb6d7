const systems = {
  async holdfast({ dist, database }) {
    const [{ openHoldfast }, { HoldfastSaver }] = await Promise.all([
      import(`${dist}/index.js`), import(`${dist}/adapters/langgraph/index.js`),
    ])
    const holdfast = await openHoldfast({ database })
    return {
      saver: new HoldfastSaver(holdfast.organization().checkpoints),
      close: () => holdfast.close(),
    }
  },
  async postgres({ postgres }) {
    const { PostgresSaver } = await import('@langchain/langgraph-checkpoint-postgres')
    const saver = PostgresSaver.fromConnString(postgres)
    await saver.setup()
    return { saver, close: () => saver.end() }
  },
  async sqlite({ file }) {
    const { SqliteSaver } = await import('@langchain/langgraph-checkpoint-sqlite')
    const saver = SqliteSaver.fromConnString(file)
    return { saver, close: () => saver.db.close() }
  },
}

/** A saver of `system`: Holdfast's, or LangGraph's own on PostgreSQL or SQLite. */
export function openSaver({ system, ...settings }) {
  return systems[system](settings)
}
