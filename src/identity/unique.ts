import { UniqueViolation } from '../database/failures.js'

/** Runs `work`; a value that must be unique and is taken becomes the error of the domain. */
export async function unlessTaken(work: Promise<unknown>, taken: () => Error): Promise<void> {
  try {
    await work
  } catch (error) {
    throw error instanceof UniqueViolation ? taken() : error
  }
}
