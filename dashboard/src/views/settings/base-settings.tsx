import { Link } from 'wouter';
import { fromInstant } from '#protocol/json.ts';
import { HubAge } from '../../components/hub-age.tsx';
import { useSite } from '../../components/services.ts';
import { Signal } from '../../components/signal.tsx';
import { useMay } from '../../components/use-may.ts';
import { useReadable } from '../../components/use-readable.ts';
import { viewBasePresence } from '../../state/presence-view.ts';

/** The bases of the site; each has a page, where it is renamed and removed. */
export function BaseSettings() {
  const bases = useReadable(useSite().store.bases.all);
  const mayManage = useMay('base.manage');
  return (
    <section className="panel stack" aria-labelledby="settings-bases">
      <div className="row spread">
        <h2 id="settings-bases">Bases</h2>
        {mayManage ? (
          <Link href="/add/base" className="touch">
            Add a base
          </Link>
        ) : null}
      </div>
      {bases.length === 0 ? <p className="soft small">None yet.</p> : null}
      <ul className="plain-list">
        {bases.map((base) => {
          const { tone, word } = viewBasePresence(base);
          const { lastSeenAt } = base.presence;
          return (
            <li key={base.id}>
              <Link href={`/bases/${base.id}`} className="list-row">
                <strong className="list-row-main">{base.name}</strong>
                <span className="list-row-end">
                  <Signal tone={tone} word={word} />
                  {lastSeenAt === null ? null : (
                    <HubAge atMs={fromInstant(lastSeenAt)} prefix="heard" />
                  )}
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
