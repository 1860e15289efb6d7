/**
 * Questions are answered by jobs, and a digest recurs every second. The workers are processes of
 * their own; one of them is killed while it works, and no answer is lost or given twice. See
 * README.md.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openHoldfast } from 'holdfast'

const here = fileURLToPath(new URL('.', import.meta.url))
const program = fileURLToPath(new URL('./cli.js', import.meta.resolve('holdfast')))
const questionCount = 40

const folder = await mkdtemp(join(tmpdir(), 'holdfast-jobs-'))
const database = process.env.HOLDFAST_DATABASE_URL ?? `sqlite:${join(folder, 'jobs.db')}`
const holdfast = await openHoldfast({ database })
const { conversations, messages, queues, schedules } = holdfast.organization()
const workers = []

try {
  const conversationId = await ask()
  // Every second, so that one sees it; usually such as '0 9 * * 1-5' with a time zone.
  const digest = { name: 'digest', queue: 'make-digest', cron: '* * * * * *' }
  await schedules.create({ ...digest, payload: { about: conversationId } })
  const scheduler = holdfast.scheduler().start()

  workers.push(startWorker(), startWorker())
  await answers(conversationId, 5)
  workers[0].kill('SIGKILL')
  console.log('Killed a worker in the middle of its work.')
  workers.push(startWorker())

  await answers(conversationId, questionCount)
  await digests(2)
  await scheduler.close()
  await verify(conversationId)
} finally {
  for (const worker of workers) worker.kill('SIGTERM')
  await Promise.all(workers.map(ended))
  await holdfast.close()
  await rm(folder, { recursive: true, force: true })
}

/** Begins a conversation and enqueues its questions; all of it happens, or nothing. */
async function ask() {
  return holdfast.transaction(async (transaction) => {
    const own = transaction.organization()
    const { id } = await own.conversations.create({ title: 'Questions' })
    const questions = Array.from({ length: questionCount }, (_, n) => `What is ${n}?`)
    await own.queues.enqueueMany('answer-question', questions.map((question) => ({
      payload: { conversationId: id, question },
    })))
    console.log(`Enqueued ${questionCount} questions.`)
    return id
  })
}

function startWorker() {
  const handlers = join(here, 'handlers.mjs')
  const words = [program, 'worker', '--handlers', handlers, '--database', database]
  const options = ['--concurrency', '2', '--lease-seconds', '2', '--log-level', 'error']
  return spawn(process.execPath, [...words, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
}

async function ended(worker) {
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit')
}

async function answers(conversationId, count) {
  for (;;) {
    const { messageCount } = await conversations.get(conversationId)
    if (messageCount >= count) return
    await sleep(50)
  }
}

async function digests(count) {
  for (;;) {
    const { data } = await queues.list('make-digest', { state: 'completed' })
    if (data.length >= count) return
    await sleep(50)
  }
}

/** Every question has one answer, and every tick became one job. */
async function verify(conversationId) {
  const { data } = await messages.list(conversationId, { limit: 200 })
  const distinct = new Set(data.map(({ content }) => content)).size
  const { counts } = await queues.stats('answer-question')
  const ticks = (await queues.list('make-digest')).data.map(({ dedupeKey }) => dedupeKey)
  const isWhole = data.length === questionCount && distinct === questionCount &&
    counts.completed === questionCount && new Set(ticks).size === ticks.length
  console.log(`Verified: ${data.length} answers to ${distinct} questions, ${ticks.length} digests.`)
  if (!isWhole) process.exitCode = 1
}
