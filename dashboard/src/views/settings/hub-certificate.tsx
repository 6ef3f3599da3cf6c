/** The certificate that other devices need before they trust this hub. */
export function HubCertificate() {
  return (
    <section className="panel stack" aria-labelledby="settings-certificate">
      <div className="row-wrap spread">
        <h2 id="settings-certificate">Certificate of this hub</h2>
        <a href="/api/ca.pem" download="signalbox-ca.pem" className="touch">
          Download
        </a>
      </div>
      <p className="soft small">
        This hub signs its own certificates. Install this one as a trusted authority on a phone or
        computer, and the hub opens there over HTTPS without a warning. Download it while you are on
        a network that you trust; it contains no secret.
      </p>
    </section>
  );
}
