/** @module The suite for savers of LangGraph: ours and any other. */
export {
  type Checkpointer, checkpointerCapabilities, type CheckpointerCapability,
  type CheckpointerSubject,
} from './subject.js'
export {
  checkpointerCases, type CheckpointerResult, checkpointerSuite, type CheckpointerTry,
  tryCheckpointer,
} from './suite.js'
