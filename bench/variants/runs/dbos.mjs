import { counter } from './count.mjs'

const queueName = 'bench'

/** DBOS Transact: a workflow begins where it is called, or waits in a queue. */
export async function connect({ postgres, queued }) {
  const { DBOS } = await import('@dbos-inc/dbos-sdk')
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: postgres, logLevel: 'error' })
  const work = (input) => DBOS.runStep(async () => input, { name: 'work' })
  const workflow = DBOS.registerWorkflow(work, { name: 'bench' })
  await DBOS.launch()
  const polled = { workerConcurrency: 16, minPollingIntervalMs: 10 }
  if (queued) await DBOS.registerQueue(queueName, polled)
  const ended = await counter(
    postgres, `select count(*)::int as count from dbos.workflow_status where status = 'SUCCESS'`)
  const begin = DBOS.startWorkflow(workflow, queued ? { queueName } : {})
  return {
    begin: (input) => begin(input),
    succeeded: () => ended.count(),
    async close() {
      await ended.close()
      await DBOS.shutdown()
    },
  }
}
