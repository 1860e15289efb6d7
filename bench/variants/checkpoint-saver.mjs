import { checkpointLoad } from '../harness/checkpoint-load.mjs'
import { openSaver } from './checkpoints/savers.mjs'

/** A saver of LangGraph: a step of a graph a call, or with `reads` the newest of a thread. */
export async function open(settings) {
  const { saver, close } = await openSaver(settings)
  return { operation: await checkpointLoad(saver, settings), close }
}
