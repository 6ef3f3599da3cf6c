import { useEffect } from 'react';
import { Link } from 'wouter';
import { useMay } from '../components/use-may.ts';
import './add-view.css';

/** What to add: the first step. */
export function AddView() {
  const mayPair = useMay('base.manage');
  useEffect(() => {
    document.title = 'Add · Signalbox';
  }, []);
  return (
    <div className="view view-narrow">
      <h1>What do you want to add?</h1>
      <Link href="/add/unit" className="add-choice">
        <h2>A unit</h2>
        <p className="soft">
          A board that measures or acts: a sensor, a lamp, a relay. Your base finds it on its
          network, or sets up a new one over USB.
        </p>
      </Link>
      <Link href="/devices" className="add-choice">
        <h2>A device that speaks MQTT</h2>
        <p className="soft">
          ESPHome, Tasmota, an Arduino, a script: it connects to the hub itself, with its own
          certificate or password.
        </p>
      </Link>
      {mayPair ? (
        <Link href="/add/base" className="add-choice">
          <h2>A base</h2>
          <p className="soft">
            The small computer at home that talks to your units, for example a Raspberry Pi. You
            need a terminal on it.
          </p>
        </Link>
      ) : null}
    </div>
  );
}
