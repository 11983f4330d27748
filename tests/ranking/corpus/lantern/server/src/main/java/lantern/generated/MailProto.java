package lantern.generated;

/** Mail as it goes over the wire: address, text, and the batch it was sent in. */
public final class MailProto {
    private String address;
    private String text;
    private int batch;

    public String getAddress() {
        return address;
    }

    public String getText() {
        return text;
    }

    public int getBatch() {
        return batch;
    }

    public static MailProto parseMail(byte[] wire) {
        MailProto mail = new MailProto();
        mail.address = new String(wire, 0, 64).trim();
        mail.text = new String(wire, 64, wire.length - 64);
        return mail;
    }
}
