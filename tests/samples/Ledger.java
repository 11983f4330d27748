package org.example.ledger;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Books amounts on accounts. Beträge in €.
 *
 * @param <A> what an account is
 */
public final class Ledger<A extends Comparable<A>> implements AutoCloseable {

    private static final BigDecimal LIMIT = new BigDecimal("1000000.00");

    private final List<Entry<A>> entries = new ArrayList<>();
    private boolean closed;

    /** Marks what an auditor looks at. */
    public @interface Audited {
        String reason() default "";
    }

    /** What an entry does to an account. */
    public enum Side {
        DEBIT(1),
        CREDIT(-1);

        private final int sign;

        Side(int sign) {
            this.sign = sign;
        }

        public BigDecimal apply(BigDecimal amount) {
            return amount.multiply(BigDecimal.valueOf(sign));
        }
    }

    public record Entry<A>(A account, Side side, BigDecimal amount) {
        public Entry {
            Objects.requireNonNull(account);
            if (amount.signum() < 0) {
                throw new IllegalArgumentException("an amount is never negative: " + amount);
            }
        }

        BigDecimal signed() {
            return side.apply(amount);
        }
    }

    public interface Listener<A> {
        void booked(Entry<A> entry);
    }

    public Ledger() {
        this(List.of());
    }

    public Ledger(List<Entry<A>> entries) {
        this.entries.addAll(entries);
    }

    /**
     * Books an entry.
     *
     * @throws IllegalStateException when the ledger is closed
     */
    @Audited(reason = "money moves")
    public synchronized void book(Entry<A> entry) {
        if (closed) {
            throw new IllegalStateException("the ledger is closed");
        }
        if (entry.amount().compareTo(LIMIT) > 0) {
            throw new IllegalArgumentException("over the limit of " + LIMIT);
        }
        entries.add(entry);
    }

    public BigDecimal balance(Predicate<? super A> which) {
        // Streams would read nicer, but this is called for each row of a report.
        BigDecimal sum = BigDecimal.ZERO;
        for (Entry<A> entry : entries) {
            if (which.test(entry.account())) {
                sum = sum.add(entry.signed());
            }
        }
        return sum;
    }

    @Override
    public void close() {
        closed = true;
    }
}
