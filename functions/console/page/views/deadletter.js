// One dead letter: what it was, why nobody could handle it, and sending it again.
import { h, chip, facts, show, ask, link } from '../dom.js'
import { at, json } from '../format.js'
import { get, post, id } from '../api.js'
import { records } from './records.js'

export function open(page) {
  const path = '/v1/deadletters/' + id(page.params.letter)
  page.keep(async () => {
    const l = await get(path)
    const log = l.event ? await get('/v1/logs', { entity: l.subject.includes(':') ? l.subject : 'event:' + l.event, limit: 50 }).catch(() => null) : null
    return { l, log }
  }, ({ l, log }) => {
    page.name('Dead letter ', h('code', null, l.type))
    show(page.tools, h('button', { type: 'button', class: 'main', disabled: !!l.cut, onclick: () => replay(page, path, l) }, 'Replay'))
    return [
      h('div', { class: 'lead' }, chip(l.state), l.cut && chip('waiting', 'too large to be replayed')),
      h('p', { class: 'problem' }, l.cause),
      facts([['Event', l.event], ['About', l.subject && link('/logs?entity=' + encodeURIComponent(l.subject), l.subject)], ['Function', l.function], ['Subscription', l.subscription], ['Class', l.class], ['Attempts', l.attempts], ['Given up', at(l.at)], ['Replays', l.replays], ['Last replay', at(l.replayed)]]),
      h('h2', null, 'What it says'), payload(l.data), h('h2', null, 'Attributes'), json(l.attributes), h('h2', null, 'Records'), records(log?.records),
    ]
  }, { about: ['/v1/deadletters', 'service:deadletter'] })
}

async function replay(page, path, l) {
  if (await ask({ title: 'Replay this event?', text: `${l.function} handles it again. What had an effect before has none again.`, action: 'Replay it' })) page.act('The event is published again', () => post(path + '/replay'))
}

function payload(data) {
  const text = new TextDecoder().decode(Uint8Array.from(atob(data ?? ''), (c) => c.charCodeAt(0)))
  try {
    return json(JSON.parse(text))
  } catch {
    return h('pre', { class: 'json', tabindex: '0' }, text)
  }
}
