import { openHoldfast } from '/work/main/dist/index.js'
import pg from 'pg'
const url = process.argv[2]; const c = Number(process.argv[3] ?? 1); const ms = Number(process.argv[4] ?? 3000)
const holdfast = await openHoldfast({ database: url })
const { conversations, messages } = holdfast.organization()
const ids = []; for (let i = 0; i < 256; i++) ids.push((await conversations.create()).id)
const content = 'x'.repeat(500); const metadata = { model: 'gpt-x', tool_calls: [{ id: 'call_1', name: 'search', arguments: '{"q":"hello world"}' }], attachments: [], flag: true, n: 12.5, trace: 'a'.repeat(60) }
let n = 0, stop = false
const run = async (k) => { let i = k; while (!stop) { await messages.append(ids[i++ % 256], { role: 'user', content, metadata }); n++ } }
for (const warm of [800, ms]) { n = 0; stop = false; const t = performance.now(); const cpu = process.cpuUsage(); const all = Array.from({ length: c }, (_, k) => run(k * 7)); await new Promise(r => setTimeout(r, warm)); stop = true; await Promise.all(all); const d = (performance.now() - t) / 1000; const u = process.cpuUsage(cpu); if (warm === ms) console.log(url.slice(0, 8), 'c=' + c, Math.round(n / d), 'op/s', 'us/op', Math.round(d * 1e6 / n), 'cpu us/op', Math.round((u.user + u.system) / n)) }
await holdfast.close()
