// Notifications that went to devices, as nobody took the news on a socket.
import { table, row, chip, number, show, h } from '../dom.js'
import { at } from '../format.js'
import { get } from '../api.js'
import { go } from '../frame.js'
import { more } from './more.js'

export function open(page) {
  const q = page.query
  const list = more((cursor) => get('/v1/pushes', { client: q.client, cursor, limit: 100 }), 'pushes')
  show(page.tools, h('label', { class: 'choice' }, h('span', null, 'To'), h('input', { value: q.client, size: 16, placeholder: 'courier:7', onchange: (e) => go('/pushes', { client: e.target.value.trim() }) })))
  page.keep(list.load, (pushes) => [
    table('Notifications', ['When', 'To', 'Text', 'What', 'Outcome', 'Devices#', 'Cause'], pushes.map((p) => row(p.id, at(p.at), p.client, p.text, p.kind, chip(p.outcome), number(p.devices?.length ?? 0), p.cause ?? '')), 'Nothing was pushed'),
    list.button(page),
  ], { about: ['service:notify'] })
}
