/**
 * What serialized states of agents are full of, the most frequent last. Compressed bytes refer to
 * it: it never changes; a better one gets a form of its own in `packing.ts`.
 */
const words = [
  ' the of and to in is it you that was for on are with as his they at be this from have or by one',
  ' had not but what all were when we there can an your which their said if do will each about how',
  ' up out them then she many some so these would other into has more could should please because',
  ' first before after where while through between there is, which is. The result. It is. I can ',
  'undefined', 'function', '"error":', '"description":', '"parameters":', '"properties":',
  '"required":', '"object"', '"string"', '"number"', '"boolean"', '"items":', '"array"',
  'finish_reason', 'stop_reason', '"stop"', 'tool_calls', 'tool_call_chunks', 'invalid_tool_calls',
  'usage_metadata', 'input_tokens', 'output_tokens', 'total_tokens', '"model":', '"system"',
  '"temperature":', '"arguments":', '"args":{', '"tool_call_id":"', '"tool_use"', '"function":{',
  '"index":', '"created_at":"2026-', '"updated_at":"2026-', 'T00:00:00.000Z"', '"url":"https://',
  '"result":', '"output":', '"input":', '"value":', '"status":"success"', '"artifact":', 'null',
  'true', 'false', 'Send', '"node":"', '"args":', 'langgraph', 'checkpoint_ns', 'checkpoint_id',
  '"thread_id":"', '"run_id":"', '"source":"loop","step":', '"source":"input"', '"parents":{}',
  '"lc":2,"type":"undefined"', '"lc":1,"type":"constructor","id":["langchain_core","messages",',
  '"SystemMessage"', '"ToolMessage"', '"AIMessageChunk"', '"HumanMessage"', '"AIMessage"',
  '],"kwargs":{"content":"', '","name":"', '","tool_calls":[],"invalid_tool_calls":[],',
  '"additional_kwargs":{},"response_metadata":{},"id":"', '"role":"user","content":"',
  '"role":"assistant","content":"', '"role":"tool","content":"', '"type":"text","text":"',
  '"parts":[{"type":"text","text":"', '{"v":4,"id":"1f', '-6', '","ts":"2026-', 'Z",',
  '"channel_values":{', '},"channel_versions":{"__start__":', '"__pregel_tasks":', '"__error__"',
  '"__interrupt__"', '"__resume__"', '"branch:to:', '"messages":', '},"versions_seen":{',
  '"__input__":{},', '"__start__":{"__start__":', '"agent":{"branch:to:agent":',
  '"tools":{"branch:to:tools":', '"model":{"branch:to:model":', '"pending_sends":[]',
  '[{"lc":1,"type":"constructor","id":["langchain_core","messages","HumanMessage"],"kwargs":{',
  'json', 'empty', 'bytes', 'msgpack',
]

export const dictionary = Buffer.from(words.join(''))

/**
 * How the bodies of LangGraph's checkpoints and pending writes run, counts and lengths included.
 * It never changes either.
 */
const frames = [
  '"tool_call_chunks":[],', '"response_metadata":{"', '"usage_metadata":{"input_tokens":',
  '"id":["langchain_core","messages","ToolMessage"],"kwargs":{"status":"success","content":"',
  '"name":"', '"tool_call_id":"call_', '"id":"run-', '"id":"msg_', '"id":"chatcmpl-',
  '\0\x02\0\x04json\x02\x10[{"lc":1,"type":\x03"}]\x01',
  '}]\0\x02\0\x04json\x02\x10[{"role":"user",\x03"}]\x01', '"}}]',
  '\x01\x04json\0\x04null', '\x04{"messages":[{"role":"user","content":"',
  '{"messages":[{"lc":1,"type":"constructor","id":["langchain_core","messages","HumanMessage"],',
  '"kwargs":{"content":"', '\0\x01\0\x10__no_writes__\tpath+json',
  '\0\x01\0\x0d__interrupt__\tpath+json',
  '\x02\x0fbranch:to:agent\tpath+json\x21\0\0\0\x19~__pregel_pull, __start__null',
  '\x02\x0fbranch:to:tools\tpath+json\x1d\0\0\0\x15~__pregel_pull, agentnull',
  '\x02\x0fbranch:to:model\tpath+json\x21\0\0\0\x19~__pregel_pull, __start__null',
  '\0\x01\0\x08messages\tpath+json\0\0\0\x15~__pregel_pull, agent[{"lc":1,"type":"constructor",',
  '"id":["langchain_core","messages","AIMessage"],"kwargs":{"content":"',
  '\0\x02\0\x08messages\tpath+json\0\0\0\x15~__pregel_pull, model[{"role":"ai","content":"',
  '\x04\0\0\0\x19~__pregel_pull, __start__[{"role":"user","content":"',
  '\x02\x09path+json', '\x10{"messages":', ',"__start__":', '}\0\x01\0\x04json\x02\x10',
  '\x26{"messages":', ',"branch:to:agent":', ',"branch:to:tools":', ',"branch:to:model":', '}}}}',
  '},"agent":{"branch:to:agent":', '},"tools":{"branch:to:tools":',
  '},"model":{"branch:to:model":', '},"versions_seen":{"__input__":{},"__start__":{"__start__":',
  '\x04json\xdf\x01{"checkpoint":{"v":4,"ts":"2026-1', 'T0', 'T1', ':0', ':1', ':2', ':3', ':4',
  ':5', 'Z","channel_versions":{"__start__":', ',"messages":',
]

/** All of these; what is compressed at once refers to it. */
export const framedDictionary = Buffer.concat([dictionary, Buffer.from(frames.join(''), 'latin1')])
