// Jobs, the newest first.
import { table, row, chip, link, choice, number, show, words, h } from '../dom.js'
import { at, whole } from '../format.js'
import { get } from '../api.js'
import { go } from '../frame.js'
import { more } from './more.js'
import { shops } from './shops.js'

export function open(page) {
  const q = page.query
  const list = more((cursor) => get('/v1/jobs', { ...q, cursor, limit: 50 }), 'jobs')
  show(page.tools, choice('State', ['pending', 'running', 'finishing', 'done', 'partial', 'failed', 'cancelling', 'cancelled'], q.state, (state) => go('/jobs', { ...q, state })),
    h('label', { class: 'choice' }, h('span', null, 'Shop'), h('input', { value: q.shop, size: 12, onchange: (e) => go('/jobs', { ...q, shop: e.target.value.trim() }) })))
  page.keep(async () => ({ jobs: await list.load(), shop: await shops() }), ({ jobs, shop }) => [
    table('Jobs', ['Job', 'Kind', 'Shop', 'State', 'Progress', 'Changed#', 'Failed#', 'By', 'Created'], jobs.map((j) => row(j.id,
      link('/jobs/' + j.id, j.id.slice(0, 10)), words(j.kind), shop(j.shop), chip(j.state), bar(j), number(whole(j.tally.changed)), number(whole(j.tally.failed)), j.by, at(j.created))), 'No jobs'),
    list.button(page),
  ], { about: ['/v1/jobs', 'service:jobplan', 'service:jobfinish', 'service:catalogpage', 'service:bulkpage'] })
}

/** bar shows how far a job has come. */
export function bar(j, tally = j.tally, total = j.plan.pages) {
  return total ? [h('progress', { max: total, value: tally.pages, 'aria-label': `Progress of job ${j.id}` }), ` ${whole(tally.pages)} of ${whole(total)}`] : 'being planned'
}
