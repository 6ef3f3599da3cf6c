import { useLocation } from 'wouter';
import { Button } from './button.tsx';
import { EmptyNote } from './empty-note.tsx';

interface PageNoteProps {
  readonly title: string;
  readonly text: string;
}

/** All that there is of a page: why it shows nothing, and the way to the board. */
export function PageNote({ title, text }: PageNoteProps) {
  const [, navigate] = useLocation();
  return (
    <EmptyNote isPage title={title} text={text}>
      <Button onClick={() => navigate('/')}>Go to the board</Button>
    </EmptyNote>
  );
}
