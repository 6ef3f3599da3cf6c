import { STAGE } from '#protocol/command/command-stage.ts';
import { Status } from '#protocol/unit-link/unit_link_pb.ts';
import type { CommandObserver } from './dispatcher.ts';

/** The stages of each command by its id, in the lines that the C++ units on a PC write too. */
export function commandLog(say: (line: string) => void): CommandObserver {
  return {
    arrived: (commandId, pid) => {
      say(`stage=${STAGE.unitReceived} command=${idText(commandId)} pid=${pid}`);
    },
    answered: (commandId, { status }) => {
      say(`stage=${STAGE.unitReplied} command=${idText(commandId)} status=${nameOf(status)}`);
    },
  };
}

function nameOf(status: Status): string {
  const [name = 'unspecified'] = Object.entries(Status).find(([, value]) => value === status) ?? [];
  return name.toLowerCase();
}

/** The last two groups of the command's UUID, written as they stand in the whole. */
function idText(commandId: bigint): string {
  const digits = commandId.toString(16).padStart(16, '0');
  return `${digits.slice(0, 4)}-${digits.slice(4)}`;
}
