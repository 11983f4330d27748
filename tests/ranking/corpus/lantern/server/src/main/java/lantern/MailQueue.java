package lantern;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/** Waiting mails, sent in batches. */
public final class MailQueue {
    private static final int MOST_BOUNCES = 3;
    private final Queue<String[]> waiting = new ArrayDeque<>();
    private final Map<String, Integer> bounces = new HashMap<>();

    public synchronized void add(String address, String text) {
        if (bounces.getOrDefault(address, 0) < MOST_BOUNCES) {
            waiting.add(new String[] {address, text});
        }
    }

    /** At most this many, oldest first. */
    public synchronized String[][] takeBatch(int most) {
        String[][] batch = new String[Math.min(most, waiting.size())][];
        for (int i = 0; i < batch.length; i++) {
            batch[i] = waiting.remove();
        }
        return batch;
    }

    public synchronized void bounced(String address) {
        bounces.merge(address, 1, Integer::sum);
    }
}
