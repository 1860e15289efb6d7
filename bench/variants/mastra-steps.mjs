import { randomUUID } from 'node:crypto'
import { inTurn } from '../harness/workload.mjs'

const workflowName = 'bench'

/** Mastra's snapshots of workflows: what the last of many steps came to is written into one. */
export async function open({ postgres, runCount, stepCount, stepBytes }) {
  const { PostgresStore } = await import('@mastra/pg')
  const store = new PostgresStore({ id: 'bench', connectionString: postgres })
  await store.init()
  const workflows = await store.getStore('workflows')
  const runIds = []
  for (let count = 0; count < runCount; count++) {
    const runId = randomUUID()
    const snapshot = snapshotOf(runId, { stepCount, stepBytes })
    await workflows.persistWorkflowSnapshot({ workflowName, runId, snapshot })
    runIds.push(runId)
  }
  const run = inTurn(runIds)
  const stepId = `step-${stepCount - 1}`
  return {
    operation: () => workflows.updateWorkflowResults({
      workflowName, runId: run(), stepId, result: resultOf(stepCount, stepBytes),
      requestContext: {},
    }),
    close: () => store.close(),
  }
}

function snapshotOf(runId, { stepCount, stepBytes }) {
  const steps = Array.from({ length: stepCount }, (_, number) => (
    [`step-${number}`, resultOf(number, stepBytes)]))
  return {
    runId, status: 'running', value: {}, context: { input: {}, ...Object.fromEntries(steps) },
    serializedStepGraph: [], activePaths: [], activeStepsPath: {}, suspendedPaths: {},
    resumeLabels: {}, waitingPaths: {}, timestamp: Date.now(),
  }
}

function resultOf(number, bytes) {
  const text = 'what it came to '.repeat(bytes / 16)
  return {
    status: 'success', payload: {}, output: { number, text },
    startedAt: Date.now(), endedAt: Date.now(),
  }
}
