export { create } from './recorded.mjs'
