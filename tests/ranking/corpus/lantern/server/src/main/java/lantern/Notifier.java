package lantern;

import java.util.Map;

/** Tells customers by mail what happened to their parcel. */
public final class Notifier {
    private final MailQueue queue;
    private final TemplateEngine templates;

    public Notifier(MailQueue queue, TemplateEngine templates) {
        this.queue = queue;
        this.templates = templates;
    }

    /** Only events that matter to a customer: not every scan in a depot. */
    public boolean onEvent(String address, String name, String event) {
        String template = switch (event) {
            case "accepted" -> "We have your parcel, {{name}}.";
            case "retry" -> "Nobody was at home, {{name}}. We come again.";
            case "returned" -> "Your parcel goes back, {{name}}.";
            default -> null;
        };
        if (template == null) {
            return false;
        }
        queue.add(address, templates.render(template, Map.of("name", name)));
        return true;
    }
}
