// Events that could not be handled: filtered, looked into, and sent again.
import { h, table, row, chip, link, choice, number, show, ask } from '../dom.js'
import { at } from '../format.js'
import { get, call } from '../api.js'
import { go } from '../frame.js'
import { more } from './more.js'

export function open(page) {
  const q = page.query
  const filter = { type: q.type, function: q.function, class: q.class }
  const state = q.state || 'waiting'
  const list = more((cursor) => get('/v1/deadletters', { ...filter, state, cursor, limit: 50 }), 'letters')
  const text = (name, label) => h('label', { class: 'choice' }, h('span', null, label), h('input', { value: q[name], size: 14, onchange: (e) => go('/deadletters', { ...q, [name]: e.target.value.trim() }) }))
  const all = h('button', { type: 'button', class: 'quiet', hidden: true, onclick: () => replayAll(page, filter) }, 'Replay all of these')
  show(page.tools, choice('State', ['replayed'], q.state, (s) => go('/deadletters', { ...q, state: s }), 'waiting'), text('type', 'Type'), text('function', 'Function'), text('class', 'Class'), all)
  page.keep(list.load, (letters) => [
    void (all.hidden = state !== 'waiting' || letters.length === 0),
    table('Dead letters', ['Event', 'About', 'Function', 'Class', 'Cause', 'Attempts#', 'State', 'Given up'], letters.map((l) => row(l.id, link('/deadletters/' + encodeURIComponent(l.id), l.type), l.subject, l.function, l.class, h('span', { class: 'what' }, l.cause), number(l.attempts), chip(l.state), at(l.at))), 'No dead letters'),
    list.button(page),
  ], { about: ['/v1/deadletters', 'service:deadletter'] })
}

async function replayAll(page, filter) {
  const which = Object.entries(filter).filter(([, v]) => v).map(([k, v]) => `${k} ${v}`).join(', ') || 'every function and type'
  if (!(await ask({ title: 'Replay all waiting dead letters?', text: `Of ${which}. Their events are published again under their own ids: what had an effect before has none again.`, action: 'Replay them' }))) return
  let total = 0
  await page.act('They are replayed', async () => {
    for (let cursor = ''; ;) {
      const query = new URLSearchParams(Object.entries({ ...filter, cursor }).filter(([, v]) => v))
      const answer = await call('POST', '/v1/deadletters/replay?' + query)
      total += answer.replayed
      if (!(cursor = answer.next)) return total
    }
  })
}
