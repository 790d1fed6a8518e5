// One job: how far it is, what its pages came to, and every record about it.
import { h, table, row, chip, facts, number, show, ask, words } from '../dom.js'
import { at, whole, span, nanos, fixed } from '../format.js'
import { get, post, id } from '../api.js'
import { records } from './records.js'
import { bar } from './jobs.js'
import { shops } from './shops.js'

const over = ['done', 'partial', 'failed', 'cancelled']

export function open(page) {
  const path = '/v1/jobs/' + id(page.params.job)
  page.name('Job ', h('code', null, page.params.job))
  page.keep(async () => {
    const [job, failed, pages, log, shop] = await Promise.all([get(path), get(path + '/pages', { state: 'failed', limit: 50 }), get(path + '/pages', { limit: 50 }), get('/v1/logs', { job: page.params.job, limit: 200 }).catch(() => null), shops()])
    return { job, shop, failed: failed.pages ?? [], pages: pages.pages ?? [], log }
  }, (data) => draw(page, path, data), { about: ['job:' + page.params.job, path] })
}

function draw(page, path, { job: j, shop, failed, pages, log }) {
  const p = j.progress
  show(page.tools,
    !over.includes(j.state) && h('button', { type: 'button', class: 'danger', onclick: () => cancel(page, path, j) }, 'Cancel'),
    (j.state === 'partial' || j.state === 'failed') && h('button', { type: 'button', class: 'quiet', onclick: () => retry(page, path) }, 'Retry failed pages'))
  return [
    h('div', { class: 'lead' }, chip(j.state), bar(j, p, p.total), p.remainingSeconds > 0 && `${span(p.remainingSeconds)} to go`, j.cause && h('span', { class: 'problem' }, j.cause)),
    facts([['Kind', words(j.kind)], ['Shop', shop(j.shop)], ['By', j.by], ['Created', at(j.created)], ['Finished', at(j.finished)], ['Rate', fixed(p.rate) + ' pages a second'],
      ['Items', `${whole(p.read)} read, ${whole(p.changed)} changed, ${whole(p.unchanged)} unchanged, ${whole(p.failed)} failed`], ['Elapsed', span(p.elapsedSeconds)]]),
    failed.length > 0 && [h('h2', null, 'Failed pages'), list('Failed pages', failed)],
    h('h2', null, p.total > pages.length ? `Pages, the first ${pages.length} of ${whole(p.total)}` : 'Pages'), list('Pages', pages),
    h('h2', null, 'Everything about it'), records(log?.records),
  ]
}

const list = (title, pages) => table(title, ['Page', 'State', 'Read#', 'Changed#', 'Failed#', 'Took#', 'Attempt#', 'When', 'Error'], pages.map((p) => row('page-' + p.page, String(p.page), chip(p.state),
  number(p.read), number(p.changed), number(p.failed), number(nanos(p.took)), number(p.attempt), at(p.at), p.error ?? (p.faults ?? []).slice(0, 3).map((f) => `${f.item ?? ''} ${f.reason}`).join('; '))), 'No page has an outcome yet')

async function retry(page, path) {
  if (await ask({ title: 'Run the failed pages again?', text: 'Pages that are done stay as they are.', action: 'Run them again' })) page.act('Failed pages run again', () => post(path + '/retry'))
}

async function cancel(page, path, j) {
  if (await ask({ title: `Cancel job ${j.id.slice(0, 10)}?`, text: 'Pages that are done stay as they are; the others are not begun.', action: 'Cancel the job', danger: true })) page.act('The job is being cancelled', () => post(path + '/cancel'))
}
