package lantern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TemplateEngineTest {
    @Test
    void rendersATemplateWithPlaceholders() {
        assertEquals("Hello Ann", new TemplateEngine().render("Hello {{name}}", Map.of("name", "Ann")));
    }

    @Test
    void escapesTheValuesOfPlaceholders() {
        assertEquals("&lt;b&gt;", new TemplateEngine().render("{{x}}", Map.of("x", "<b>")));
    }

    @Test
    void anUnknownPlaceholderIsAnError() {
        assertThrows(IllegalArgumentException.class, () -> new TemplateEngine().render("{{y}}", Map.of()));
    }
}
