/** What `holdfast worker --handlers examples/jobs/handlers.mjs` runs: a function for each queue. */
import { setTimeout as sleep } from 'node:timers/promises'
import { JobFailed } from 'holdfast'

export default {
  /**
   * Answers a question. The answer is written in the transaction that completes the job: however
   * often this runs, after kills and restarts, the conversation gets one answer.
   */
  async 'answer-question'({ job, signal, progress, complete }) {
    const { conversationId, question } = job.payload
    await progress({ thinking: true })
    const answer = await think(question, signal)
    await complete({ answer }, async (transaction) => {
      const { messages } = transaction.organization(job.organizationId)
      await messages.append(conversationId, { role: 'assistant', content: answer })
    })
  },

  /** Enqueued by the schedule `digest`; what it returns becomes the job's result. */
  async 'make-digest'({ job }) {
    return { about: job.payload.about, attempt: job.attempt }
  },
}

/** Stands for a call of a model: slow, sometimes failing, and it may be given up. */
async function think(question, signal) {
  await sleep(50, undefined, { signal })
  if (question === '') throw new JobFailed('There is no question.', { retry: false })
  return `You asked: ${question}`
}
