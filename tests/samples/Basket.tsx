import { forwardRef, useMemo, useState, type ReactNode } from 'react';

export interface Item {
  id: string;
  name: string;
  price: number;
}

type Props = {
  items: Item[];
  onBuy?: (items: Item[]) => void;
  children?: ReactNode;
};

export const CURRENCY = '€';

/** Sums up what is in the basket. */
export function total(items: Item[]): number {
  return items.reduce((sum, item) => sum + item.price, 0);
}

function useSelection(items: Item[]) {
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const toggle = (id: string) => {
    setSelected((before) => {
      const after = new Set(before);
      if (!after.delete(id)) {
        after.add(id);
      }
      return after;
    });
  };
  return { toggle, chosen: items.filter((item) => selected.has(item.id)) };
}

const Row = ({ item, onToggle }: { item: Item; onToggle: (id: string) => void }) => (
  <li className="row">
    <label>
      <input type="checkbox" onChange={() => onToggle(item.id)} />
      {item.name} <em>{item.price.toFixed(2)} {CURRENCY}</em>
    </label>
  </li>
);

export const BuyButton = forwardRef<HTMLButtonElement, { count: number }>(({ count }, ref) => (
  <button ref={ref} disabled={count === 0}>
    Buy {count} {count === 1 ? 'item' : 'items'} 🛒
  </button>
));

export default function Basket({ items, onBuy, children }: Props) {
  const { toggle, chosen } = useSelection(items);
  const sum = useMemo(() => total(chosen), [chosen]);

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onBuy?.(chosen);
      }}
    >
      {children}
      <ul>
        {items.map((item) => (
          <Row key={item.id} item={item} onToggle={toggle} />
        ))}
      </ul>
      <p>
        Sum: {sum.toFixed(2)} {CURRENCY}
      </p>
      <BuyButton count={chosen.length} />
    </form>
  );
}
